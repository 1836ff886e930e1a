<?php

/*
 * Makes tokens as Laravel Sanctum 4 documents and does it, with PHP's own functions, because the package is not among those of Debian:
 * `HasApiTokens::createToken` stores `hash('sha256', $plainTextToken)` and hands out `$id.'|'.$plainTextToken`;
 * `generateTokenString` puts together `sanctum.token_prefix`, 40 letters and digits of `Str::random`, and their `crc32b`. Before
 * 3.3, a token was the 40 characters alone. Prints the columns of `personal_access_tokens`, and the token.
 */

$alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
$random = function () use ($alphabet): string {
    $text = '';
    for ($index = 0; $index < 40; $index++) {
        $text .= $alphabet[random_int(0, 61)];
    }
    return $text;
};

$time = fn (string $change): string => (new DateTimeImmutable($change, new DateTimeZone('UTC')))->format('Y-m-d H:i:s');
$rows = [
    ['name' => 'CI', 'abilities' => ['orders:read', 'orders:write']],
    ['name' => 'All', 'abilities' => ['*']],
    ['name' => 'Old form', 'abilities' => ['orders:read'], 'is_old' => true],
    ['name' => 'Expired', 'abilities' => ['orders:read'], 'expires_at' => $time('-1 hour')],
    ['name' => 'Expiring', 'abilities' => ['orders:read'], 'expires_at' => $time('+30 days')],
    ['name' => 'None', 'abilities' => []],
];
foreach ($rows as $index => $row) {
    $id = $index + 1;
    $entropy = $random();
    $plainTextToken = isset($row['is_old']) ? $entropy : sprintf('%s%s%s', 'shop_', $entropy, hash('crc32b', $entropy));
    echo json_encode([
        'id' => $id,
        'tokenable_type' => 'App\\Models\\User',
        'tokenable_id' => 40 + $id,
        'name' => $row['name'],
        'token' => hash('sha256', $plainTextToken),
        'abilities' => json_encode($row['abilities']),
        'last_used_at' => $id === 1 ? $time('-2 hours') : null,
        'expires_at' => $row['expires_at'] ?? null,
        'created_at' => $time('-1 day'),
        'updated_at' => $time('-1 day'),
        'plain_text' => $id.'|'.$plainTextToken,
    ]), "\n";
}
