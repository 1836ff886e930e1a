import Database from 'libsql';

export const database = new Database(process.env.SHOP_DATABASE ?? 'shop.db');

database.exec(`
  create table if not exists api_keys (
    id text primary key,
    customer_id integer not null,
    label text not null,
    permissions text not null,
    key_hash text not null,
    created_at integer not null,
    expires_at integer,
    revoked_at integer
  );
`);
