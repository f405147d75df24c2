/** Replacing runs in turns, and numbers of processes that a person set. */
export const rollouts = `
alter table slots add column rollout text;

create table scales (
  program text primary key,
  processes integer not null,
  declared integer not null
) strict;
`
