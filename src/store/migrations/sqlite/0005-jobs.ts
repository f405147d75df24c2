/** The ledger of jobs: what each of them is at, and every time that it was due. */
export const jobs = `
create table jobs (
  program text primary key,
  covered_until integer not null,
  anchor integer not null,
  schedule text not null,
  disabled_by text,
  progress text not null,
  last_due_at integer not null,
  last_triggered_at integer not null
) strict;

create table occurrences (
  id text primary key,
  program text not null,
  due_at integer not null,
  trigger_kind text not null,
  trigger_data text not null,
  state text not null,
  state_data text not null,
  attempts integer not null,
  run text,
  params text not null,
  recorded_at integer not null,
  started_at integer,
  ended_at integer
) strict;
create index occurrences_of_program on occurrences (program, id);
create index occurrences_open on occurrences (id) where state in ('queued', 'running');
create unique index occurrences_once on occurrences (program, due_at) where trigger_kind = 'schedule';

alter table runs add column occurrence text;
alter table runs add column attempt integer;
create index runs_of_job on runs (program, occurrence) where occurrence is not null;
alter table slots add column occurrence text;
-- What becomes of a due time concerns no slot before it is begun.
create index events_of_program on events (program, id) where slot is null;
`
