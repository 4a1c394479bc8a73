/** Returns milliseconds since 1970 with fractions, which processes of one machine can compare. */
export const now = (): number => performance.timeOrigin + performance.now()
