/** Tokens of the API. Of the secret only a hash. */
export const tokens = `
create table tokens (
  name text primary key,
  role text not null,
  hash text not null,
  created_at integer not null,
  created_by text not null,
  expires_at integer,
  last_used_at integer
) strict;
`
