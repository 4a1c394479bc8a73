export type { Given, Outcome, Told } from './given.ts'
export { effectsOf, given } from './given.ts'
export { createMemoryLog } from './memory-log.ts'
export { createMemoryStore } from './memory-store.ts'
