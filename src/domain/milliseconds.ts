/** A span of time, in milliseconds. Whether it is measured on the wall or monotonically is said by the name that carries it. */
export type Milliseconds = number
