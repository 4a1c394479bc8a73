import assert from 'node:assert/strict'
import { coreLimits } from '../../limits.ts'
import type { DeadLetter } from '../../ports/dead-letter.ts'
import type { DeadLetterQuery } from '../../ports/dead-letters.ts'
import type { Store } from '../../ports/store.ts'
import { type Happening, sliceOf, start } from '../batches.ts'
import { defineRules } from './define-rules.ts'

const { rule, rules } = defineRules()

const hour = 3_600_000
const letterOf = (more: Partial<DeadLetter>): DeadLetter => ({
  code: 'HANDLER_FAILED',
  message: 'it failed',
  headers: {},
  timestamp: start,
  key: null,
  value: null,
  ...more,
})
const bytesOf = (data: object) => Buffer.from(JSON.stringify(data))

/** Applies these happenings of a topic, from its beginning, this number of hours after `start`. */
async function happenIn(store: Store, topic: string, hours: number, ...happenings: readonly Happening[]) {
  await store.positions.beginAt([{ topic, partition: 0, next: 0 }])
  await store.batches.apply({ at: start + hours * hour, slices: [sliceOf(0, happenings, topic)] })
}

/** Five dead letters of three topics and hours; the first was not decoded. */
async function fiveLetters(store: Store) {
  const unread = { code: 'EVENT_INVALID', key: Buffer.from('k1'), value: bytesOf({ userId: 'u1' }) }
  const failed = { plugin: 'p', key: Buffer.from('k1') }
  await happenIn(
    store,
    'a',
    0,
    { id: '-', unreadable: true, deadLetters: [letterOf({ ...unread, identity: { source: '/other', id: 'e1' } })] },
    { id: 'e1', deadLetters: [letterOf({ ...failed, value: bytesOf({ userId: 'u2' }) })] },
  )
  await happenIn(store, 'b', 1, {
    id: 'e2',
    deadLetters: [letterOf({ ...failed, value: bytesOf({ to: { users: ['u1', 'u3'] } }) })],
  })
  await happenIn(
    store,
    'c',
    2,
    { id: 'e3', deadLetters: [letterOf({ plugin: 'q', key: Buffer.from('ü') })] },
    { id: '-', unreadable: true, deadLetters: [letterOf({ code: 'EVENT_INVALID', identity: { id: 'e3' } })] },
  )
}

rule('lists the dead letters that meet all conditions, by topic, time, source, id, key and person', async (store) => {
  await fiveLetters(store)
  const listed = async (query: Omit<DeadLetterQuery, 'limit'>) =>
    (await store.deadLetters.list({ limit: 9, ...query })).map(({ id }) => id)
  const expected: readonly (readonly [Omit<DeadLetterQuery, 'limit'>, readonly number[]])[] = [
    [{}, [5, 4, 3, 2, 1]],
    [{ topic: 'a' }, [2, 1]],
    [{ topic: 'A' }, []],
    // From a time on, and until just before one.
    [{ from: start + hour }, [5, 4, 3]],
    [{ from: start + hour + 1 }, [5, 4]],
    [{ to: start + hour }, [2, 1]],
    [{ from: start, to: start + hour + 1 }, [3, 2, 1]],
    [{ from: start + hour, to: start + hour + 1 }, [3]],
    [{ source: '/suite' }, [4, 3, 2]],
    [{ source: '/other' }, [1]],
    [{ eventId: 'e1' }, [2, 1]],
    [{ eventId: 'e3' }, [5, 4]],
    [{ source: '/suite', eventId: 'e1' }, [2]],
    [{ source: '/other', eventId: 'e1' }, [1]],
    [{ source: '/suite%', eventId: 'e_' }, []],
    [{ key: 'k1' }, [3, 2, 1]],
    [{ key: 'ü' }, [4]],
    [{ key: 'k' }, []],
    [{ person: 'u1' }, [3, 1]],
    [{ person: 'u3' }, [3]],
    [{ person: 'u' }, []],
    // A letter that was not decoded names its key, as an erasure has it.
    [{ person: 'k1' }, [1]],
    [{ person: 'u1', plugin: 'p' }, [3]],
    [{ person: 'u1', before: 3 }, [1]],
    [{ key: 'k1', topic: 'a', code: 'HANDLER_FAILED' }, [2]],
    [
      {
        source: '/suite',
        from: start + hour,
        to: start + 2 * hour,
        plugin: 'p',
        person: 'u3',
        key: 'k1',
        eventId: 'e2',
        topic: 'b',
        code: 'HANDLER_FAILED',
        before: 4,
      },
      [3],
    ],
    [{ topic: 'a', plugin: 'q' }, []],
  ]
  for (const [query, ids] of expected) assert.deepEqual([query, await listed(query)], [query, ids])
  assert.deepEqual(
    (await store.deadLetters.list({ limit: 2, key: 'k1' })).map(({ id }) => id),
    [3, 2],
  )
})

rule(
  'shows in lists and letters the source and the id of an event, also of one that was not decoded',
  async (store) => {
    await fiveLetters(store)
    const identities = [
      [5, undefined, { id: 'e3' }],
      [4, { source: '/suite', id: 'e3' }, undefined],
      [3, { source: '/suite', id: 'e2' }, undefined],
      [2, { source: '/suite', id: 'e1' }, undefined],
      [1, undefined, { source: '/other', id: 'e1' }],
    ]
    const listed = await store.deadLetters.list({ limit: 9 })
    assert.deepEqual(
      listed.map(({ id, event, identity }) => [id, event, identity]),
      identities,
    )
    const found = await Promise.all(listed.map(({ id }) => store.deadLetters.find(id)))
    assert.deepEqual(
      found.map((one) => [one?.id, one?.event, one?.identity]),
      identities,
    )
  },
)

rule('shows the beginning of a long key, and no key that is not UTF-8', async (store) => {
  const { most } = coreLimits.LETTER_KEY_SHOWN
  const texts = ['', 'k'.repeat(most), 'ü'.repeat(most), `x${'😀'.repeat(most)}`]
  const keys = [...texts.map((text) => Buffer.from(text)), Buffer.from([0xff, 0x31]), null]
  await happenIn(store, 'a', 0, ...keys.map((key, index) => ({ id: `e${index}`, deadLetters: [letterOf({ key })] })))
  const shown = (await store.deadLetters.list({ limit: 9 })).map(({ key }) => key).reverse()
  assert.deepEqual(shown.slice(0, 4), [
    '',
    'k'.repeat(most),
    `${'ü'.repeat(most / 2)}…`,
    `x${'😀'.repeat(most / 4 - 1)}…`,
  ])
  assert.deepEqual(shown.slice(4), [undefined, undefined])
})

/** The rules of lists of dead letters. */
export const letterLists = rules
