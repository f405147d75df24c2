/**
 * The two crons whose crontabs are read: Debian's, which is Vixie's with patches, and cronie, which Red Hat, SUSE, Arch and others have. They
 * differ in few things; each place that knows of one asks for the flavor.
 */
export const cronFlavors = ['debian', 'cronie'] as const
export type CronFlavor = (typeof cronFlavors)[number]

/** How a message calls it. */
export const cronNames: Readonly<Record<CronFlavor, string>> = { debian: 'Debian’s cron', cronie: 'cronie' }
