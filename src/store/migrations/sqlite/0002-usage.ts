/** What runs used at most, whether they were told to be overdue, and how many runs followed one another in a slot. */
export const usage = `
alter table runs add column peak text;
alter table runs add column warned_at integer;
alter table slots add column chain integer not null default 0;
`
