import { availableParallelism, totalmem } from 'node:os'
import type { Machine } from '../results/result.ts'

/** Describes this machine, without its name. */
export const describeMachine = (): Machine => ({
  cores: availableParallelism(),
  memoryGb: Math.round(totalmem() / 2 ** 30),
  node: process.versions.node,
})
