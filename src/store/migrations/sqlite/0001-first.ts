/** The first schema: programs, slots, runs, events, notes. */
export const first = `
create table programs (
  name text primary key,
  source text not null,
  definition text not null
) strict;

create table slots (
  name text primary key,
  program text not null,
  position integer not null,
  state text not null,
  tally text not null,
  asked text,
  launch_hash text,
  since integer not null,
  last_run text,
  restarts integer not null
) strict;

create table runs (
  id text primary key,
  program text not null,
  slot text not null,
  node text not null,
  cause text not null,
  claimed_at integer not null,
  started_at integer,
  pid integer,
  ended_at integer,
  end text,
  kept_bytes integer
) strict;
create index runs_of_slot on runs (slot, id);
create index runs_open on runs (id) where ended_at is null;
create index runs_kept on runs (slot, id) where kept_bytes is not null;

create table events (
  id integer primary key autoincrement,
  at integer not null,
  kind text not null,
  program text,
  slot text,
  run text,
  data text not null,
  custom_data text not null
) strict;
create index events_of_slot on events (slot, id) where slot is not null;
create index events_of_run on events (run, id) where run is not null;
create index events_of_kind on events (kind, id);

create table notes (
  name text primary key,
  value text not null
) strict;
`
