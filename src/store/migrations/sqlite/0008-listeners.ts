/** Who is told of events, and how far each has come. The definition is for an agent that cannot read its configuration. */
export const listeners = `
create table listeners (
  name text primary key,
  definition text not null,
  cursor integer not null
) strict;
`
