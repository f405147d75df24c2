/** The version of this build, put in by the build from package.json. */
declare const DROVER_VERSION: string

export const version: string = typeof DROVER_VERSION === 'string' ? DROVER_VERSION : 'unbuilt'
