export function textBytesOf(seed: number, total: number): Buffer
