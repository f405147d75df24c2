/** How far the output of each run was told as events, and how much all such events have told up to each: what is too much is forgotten by that. */
export const toldOutput = `
alter table runs add column told_out integer;
alter table runs add column told_err integer;
alter table events add column told_until integer;
create index events_told on events (told_until) where told_until is not null;
`
