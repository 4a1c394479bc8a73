/**
 * How work waits in Belfry: one piece after the other, for a limited time, and longer after each failure. Belfry's own packages share
 * these pieces. They are not meant for users, and change without notice.
 */
export type { BackOffOptions } from './back-off.ts'
export { backOff, backOffMs } from './back-off.ts'
export type { Line, LineOptions } from './line.ts'
export { createLine } from './line.ts'
export type { SerialQueue } from './serial-queue.ts'
export { createSerialQueue } from './serial-queue.ts'
export { waitAtMost } from './wait-at-most.ts'
export { withDeadline } from './with-deadline.ts'
export type { YieldToLoop } from './yield-to-loop.ts'
export { createYieldToLoop } from './yield-to-loop.ts'
