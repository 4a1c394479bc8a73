import { type Blocked, coreErrors } from '@belfry/core'
import { createMemoryStore, renderPlainly } from '@belfry/core/testing'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import type { Culprit } from '../../src/intake/threads/pulse.ts'
import { createVerdict } from '../../src/intake/threads/verdict.ts'
import { serverLimits } from '../../src/limits/server-limits.ts'

const place = { topic: 'booking', partition: 2, offset: 7 }
const handler = { ...place, plugin: 'troubled' }
const culprit: Culprit = { ...handler, step: 'handling' }

/** Verdicts, with what was kept; the store refuses with `refusals` first. */
function onStore(...refusals: readonly Error[]) {
  const left = [...refusals]
  const kept: Blocked[] = []
  const away: string[] = []
  const lines: string[] = []
  const closing = new AbortController()
  const verdict = createVerdict({
    topics: {
      ...createMemoryStore({ render: renderPlainly }).topics,
      async block(one) {
        const refused = left.shift()
        if (refused) throw refused
        kept.push(one)
      },
    },
    logger: pino({ level: 'error' }, { write: (line: string) => void lines.push(line) }),
    closing: closing.signal,
    onAway: (why) => void away.push(why),
  })
  return { verdict, kept, away, lines, closing }
}
const away = coreErrors.STORE_UNAVAILABLE({ why: 'gone' })

it('what a silent thread was in is kept as soon as the store can', async () => {
  const { verdict, kept, away: told } = onStore(away, away)
  await verdict.onSilent({ culprit })
  expect(kept).toEqual([{ ...handler, why: 'blocked its thread for 10 seconds' }])
  expect(told).toEqual(['the store is away: gone', 'the store is away: gone'])
})

it('what a store refuses for good, or had no time for before the end, is not waited for', async () => {
  const refused = onStore(new Error('never'))
  await refused.verdict.onSilent({ culprit })
  expect([refused.kept, refused.lines.length]).toEqual([[], 1])
  const { verdict, kept, closing } = onStore(away, away)
  const dealt = verdict.onSilent({ culprit })
  closing.abort()
  await dealt
  expect(kept).toEqual([])
})

it('one end of a thread is chance, and two in the same handler of the same event are not', async () => {
  const { verdict, kept } = onStore()
  const others = [{ plugin: 'steady' }, { offset: 8 }, { partition: 3 }, { topic: 'waitlist' }]
  for (const other of [{}, ...others])
    await verdict.onEnd({ why: 'ran out of memory', culprit: { ...culprit, ...other } })
  await verdict.onEnd({ why: 'ran out of memory' })
  await verdict.onEnd({ why: 'ran out of memory' })
  expect(kept).toEqual([])
  await verdict.onEnd({ why: 'was ended by process.exit(3)', culprit })
  const why = 'ended its thread twice: the last time, it was ended by process.exit(3)'
  expect(kept).toEqual([{ ...handler, why }])
})

it('a record in whose decoding a thread falls silent is not decoded again; where the thread ends, after the second time', async () => {
  const { verdict, kept, lines } = onStore()
  expect(await verdict.onSilent({ culprit: { ...place, step: 'decoding' } })).toBe(true)
  expect(kept).toEqual([{ ...place, why: 'blocked its thread for 10 seconds' }])
  const next = { ...place, offset: 8 }
  expect(await verdict.onEnd({ why: 'ran out of memory', culprit: { ...next, step: 'decoding' } })).toBe(false)
  expect(await verdict.onEnd({ why: 'ran out of memory', culprit: { ...next, step: 'decoding' } })).toBe(true)
  expect(kept.slice(1)).toEqual([{ ...next, why: 'ended its thread twice: the last time, it ran out of memory' }])
  expect(lines.map((line) => JSON.parse(line).code)).toEqual(['RECORD_BLOCKED', 'RECORD_BLOCKED'])
})

it('a record that only waited for its transaction is blocked after the second silence or end', async () => {
  const { verdict, kept } = onStore()
  expect(await verdict.onSilent({ culprit: { ...place, step: 'alone' } })).toBe(false)
  expect(kept).toEqual([])
  expect(await verdict.onSilent({ culprit: { ...place, step: 'alone' } })).toBe(true)
  const why = 'ended its thread twice: the last time, it blocked its thread for 10 seconds'
  expect(kept).toEqual([{ ...place, why }])
})

it('remembers no more records than are allowed', async () => {
  const { verdict, kept } = onStore()
  const ended = (offset: number) => verdict.onEnd({ why: 'ran out of memory', culprit: { ...culprit, offset } })
  for (let offset = 0; offset <= serverLimits.SUSPECTS.most; offset++) await ended(offset)
  // The first was forgotten, and all others end their thread for the second time.
  expect(await ended(serverLimits.SUSPECTS.most)).toBe(true)
  expect(await ended(1)).toBe(true)
  expect(await ended(0)).toBe(false)
  expect(await ended(0)).toBe(true)
  expect(kept.length).toBe(3)
})
