"""Makes keys with djangorestframework-api-key, as a Django project does: make-django-keys.py FILE-OF-SQLITE"""

import hashlib
import json
import sys
from datetime import datetime, timedelta, timezone

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="a secret of the project",
    USE_TZ=True,
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
    INSTALLED_APPS=["rest_framework", "rest_framework_api_key"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()

from django.core.management import call_command  # noqa: E402
from rest_framework_api_key.models import APIKey  # noqa: E402

call_command("migrate", verbosity=0)
now = datetime.now(timezone.utc)
keys = {}
for name, fields in {
    "CI": {},
    "Upgraded": {},
    "Revoked": {"revoked": True},
    "Expired": {"expiry_date": now - timedelta(days=1)},
    "Expiring": {"expiry_date": now + timedelta(days=30)},
}.items():
    row, keys[name] = APIKey.objects.create_key(name=name, **fields)
    if name == "Upgraded":
        # Debian has 2.0. From 3.0 on, this is what the row has from the first use of its key on, and new rows have at once:
        # `Sha512ApiKeyHasher.encode` of its crypto.py.
        row.hashed_key = "sha512$$" + hashlib.sha512(keys[name].encode()).hexdigest()
        row.save()

usable = {name: APIKey.objects.is_valid(key) for name, key in keys.items() if name != "Upgraded"}
print(json.dumps({"keys": keys, "usable": usable}))
