import { type Blocked, coreErrors } from '@belfry/core'
import { pino } from 'pino'
import { expect, it } from 'vitest'
import { createBlame } from '../../src/intake/blame.ts'

const culprit = { topic: 'booking', partition: 2, offset: 7, plugin: 'troubled' }

/** Somebody who finds out, with what was kept; `refusals` are met first. */
function onStore(...refusals: readonly Error[]) {
  const left = [...refusals]
  const kept: Blocked[] = []
  const away: string[] = []
  const lines: string[] = []
  const closing = new AbortController()
  const blame = createBlame({
    store: {
      async block(one) {
        const refused = left.shift()
        if (refused) throw refused
        kept.push(one)
      },
    },
    log: pino({ level: 'error' }, { write: (line: string) => void lines.push(line) }),
    closing: closing.signal,
    onAway: (why) => void away.push(why),
  })
  return { blame, kept, away, lines, closing }
}
const away = coreErrors.STORE_UNAVAILABLE({ why: 'gone' })

it('what a silent thread was in is kept as soon as the store can', async () => {
  const { blame, kept, away: told } = onStore(away, away)
  await blame.silent(culprit)
  expect(kept).toEqual([{ ...culprit, why: 'blocked its thread for 10 seconds' }])
  expect(told).toEqual(['the store is away: gone', 'the store is away: gone'])
})

it('what a store refuses for good, or had no time for before the end, is not waited for', async () => {
  const refused = onStore(new Error('never'))
  await refused.blame.silent(culprit)
  expect([refused.kept, refused.lines.length]).toEqual([[], 1])
  const { blame, kept, closing } = onStore(away, away)
  const dealt = blame.silent(culprit)
  closing.abort()
  await dealt
  expect(kept).toEqual([])
})

it('a thread that dies is a chance, and one that dies twice in the same handler of the same event is none', async () => {
  const { blame, kept } = onStore()
  const others = [{ plugin: 'steady' }, { offset: 8 }, { partition: 3 }, { topic: 'waitlist' }]
  for (const other of [{}, ...others]) await blame.died({ why: 'ran out of memory', culprit: { ...culprit, ...other } })
  await blame.died({ why: 'ran out of memory' })
  await blame.died({ why: 'ran out of memory' })
  expect(kept).toEqual([])
  await blame.died({ why: 'was ended by process.exit(3)', culprit })
  const why = 'ended its thread twice: the last time, it was ended by process.exit(3)'
  expect(kept).toEqual([{ ...culprit, why }])
})
