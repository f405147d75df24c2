/** What people are told: troubles by route, what is delivered to each channel, and what should succeed in time. */
export const alerts = `
create table alerts (
  id text primary key,
  definition text not null
) strict;

create table deliveries (
  id text primary key,
  channel text not null,
  alert text,
  route text,
  notice text not null,
  state text not null,
  attempts integer not null,
  next_at integer not null,
  reason text,
  created_at integer not null,
  ended_at integer,
  digest text
) strict;
create index deliveries_open on deliveries (id) where ended_at is null;
create index deliveries_of_channel on deliveries (channel, id);

create table heartbeats (
  name text primary key,
  since integer not null,
  last_at integer,
  missed_since integer
) strict;
`
