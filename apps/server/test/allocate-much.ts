import { setImmediate as turn } from 'node:timers/promises'
import { getHeapSpaceStatistics } from 'node:v8'
import { isMainThread, Worker } from 'node:worker_threads'

// A program that allocates what outlives some collections, first in its own thread and then in another. Of each thread it prints the greatest
// size of its spaces for young objects, in bytes.

const [, , preface] = process.argv
if (isMainThread && preface !== undefined) await import(preface)

let kept: object[] = []
let greatest = 0
for (let round = 0; round < 400; round++) {
  for (let at = 0; at < 10_000; at++) kept.push({ at, own: [at] })
  if (kept.length > 100_000) kept = []
  for (const { space_name: name, space_size: size } of getHeapSpaceStatistics())
    if (name === 'new_space') greatest = Math.max(greatest, size)
  await turn()
}
process.stdout.write(`${greatest}\n`)
if (isMainThread) new Worker(new URL(import.meta.url))
