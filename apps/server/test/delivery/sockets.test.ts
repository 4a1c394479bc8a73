import { type Change, coreErrors, type Effect, type Inboxes } from '@belfry/core'
import { createMemoryStore, happen, notify, renderPlainly, start } from '@belfry/core/testing'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Frame } from '../../src/delivery/frames.ts'
import type { Outlet } from '../../src/delivery/outlet.ts'
import { createSockets, type SocketsOptions } from '../../src/delivery/sockets.ts'

beforeEach(() => void vi.useFakeTimers({ now: start }))
afterEach(() => void vi.useRealTimers())

const logger = pino({ level: 'silent' })
const day = 86_400_000

/** The far end, with what it was sent and how it ended. */
function farEnd({ answers = true } = {}) {
  const frames: Frame[] = []
  const ends: (number | string)[] = []
  const outlet: Outlet = {
    answers,
    send(some) {
      frames.push(...some)
      return some.length
    },
    close: ({ code }) => void ends.push(code),
    terminate: () => void ends.push('terminated'),
  }
  const bodies = () => frames.filter(({ type }) => type !== 'ping').map(({ text }) => JSON.parse(String(text)))
  return { outlet, frames, ends, bodies }
}

/** Sockets on a store in memory that counts how often it is read; `history` is replaced by another by `restore`. */
function onMemory(more: Partial<Inboxes & Pick<SocketsOptions, 'onPresence'>> = {}) {
  let store = createMemoryStore({ render: renderPlainly, clock: Date.now })
  let reads = 0
  let epoch = 'first'
  const seen: number[] = []
  const sockets = createSockets({
    show: (notification) => notification,
    metrics: { frame() {}, resumed() {}, limited() {}, seen: (seconds) => void seen.push(seconds) },
    history: {
      ...store.history,
      get epoch() {
        return epoch
      },
    },
    inboxes: {
      ...store.inboxes,
      replay(person, after) {
        reads++
        return more.replay ? more.replay(person, after) : store.inboxes.replay(person, after)
      },
    },
    logger,
    ...(more.onPresence && { onPresence: more.onPresence }),
  })
  let count = 0
  const change = async (): Promise<Change> => {
    const { changes } = await happen(store, { id: `e${count++}`, effects: [notify('u1')] })
    const [only] = changes
    if (!only) throw new Error('nothing has changed')
    return only
  }
  /** What a restored copy is: another history, which may give numbers out again. */
  const restore = () => {
    store = createMemoryStore({ render: renderPlainly, clock: Date.now })
    epoch = 'second'
  }
  return { store, sockets, change, restore, seen, reads: () => reads }
}
const profileOf = (person: string): Effect => ({ kind: 'profile', person, profile: {} })
const chain = ({ bodies }: ReturnType<typeof farEnd>) => bodies().map(({ after, head }) => [after, head])
const settle = () => vi.advanceTimersByTimeAsync(0)

describe('heads that are learned from elsewhere', () => {
  it('bring a person who is behind what is lacking, in one read for all connections, and cause no other read', async () => {
    const { sockets, change, reads } = onMemory()
    const [first, second, other] = [farEnd(), farEnd(), farEnd()]
    for (const { outlet } of [first, second]) sockets.open(outlet, { person: 'u1', expiresAt: start + day })
    sockets.open(other.outlet, { person: 'u2', expiresAt: start + day })
    await settle()
    await change()
    const { head } = await change()
    const before = reads()
    const heads: readonly (readonly [string, number])[] = [
      ['u1', 1],
      ['nobody', 7],
      ['u1', head],
      ['u2', 0],
    ]
    sockets.learnHeads(heads)
    sockets.learnHeads(heads)
    await vi.advanceTimersByTimeAsync(50)
    for (const end of [first, second])
      expect(chain(end)).toEqual([
        [0, 0],
        [0, 2],
      ])
    expect([chain(other), reads() - before]).toEqual([[[0, 0]], 1])
    sockets.learnHeads(heads)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(reads() - before).toBe(1)
  })

  it('bring what has expired as withdrawn to a connection that resumes, and to the others of its person', async () => {
    const { store, sockets, reads } = onMemory()
    const expiresAt = new Date(start + 1_000).toISOString()
    await happen(store, { id: 'e1', effects: [notify('u1', { expiresAt }), notify('u1')] })
    const [old, fresh] = [farEnd(), farEnd()]
    sockets.open(old.outlet, { person: 'u1', expiresAt: start + day, after: 0 })
    await vi.waitFor(() => expect(old.bodies()).toMatchObject([{ head: 2, unread: 2 }]))
    vi.setSystemTime(start + 1_000)
    sockets.open(fresh.outlet, { person: 'u1', expiresAt: start + day, after: 2 })
    const withdrawn = { after: 2, head: 3, unread: 1, items: [{ seq: 1, rev: 3, withdrawn: true, title: '' }] }
    await vi.waitFor(() => expect(fresh.bodies()).toMatchObject([withdrawn]))
    expect(old.bodies().slice(1)).toMatchObject([withdrawn])
    await vi.advanceTimersByTimeAsync(200)
    expect([old.bodies().length, fresh.bodies().length, reads()]).toEqual([2, 1, 2])
  })

  it('leave out no connection whose first frame is being read', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    let first = true
    const { store, sockets, change } = onMemory({
      async replay(person, after) {
        const found = await store.inboxes.replay(person, after)
        if (first) await promise
        first = false
        return found
      },
    })
    const end = farEnd()
    sockets.open(end.outlet, { person: 'u1', expiresAt: start + day })
    await settle()
    const { head } = await change()
    sockets.learnHeads([['u1', head]])
    resolve()
    await vi.advanceTimersByTimeAsync(50)
    expect(chain(end)).toEqual([
      [0, 0],
      [0, 1],
    ])
  })

  it('return the people who are connected, and report each who comes or goes', async () => {
    const told: (readonly [string, boolean])[] = []
    const { sockets } = onMemory({ onPresence: (person, here) => void told.push([person, here]) })
    const open = (person: string) => sockets.open(farEnd().outlet, { person, expiresAt: start + day })
    const [first, second, other] = [open('u1'), open('u1'), open('u2')]
    expect([...sockets.people()]).toEqual(['u1', 'u2'])
    first?.closed()
    first?.closed()
    other?.closed()
    second?.closed()
    expect(told).toEqual([
      ['u1', true],
      ['u2', true],
      ['u2', false],
      ['u1', false],
    ])
    expect([...sockets.people()]).toEqual([])
  })
})

describe('changes', () => {
  it('reach every connection of their person, read once from the store for none of them', async () => {
    const { sockets, change, reads } = onMemory()
    const [first, second] = [farEnd(), farEnd()]
    for (const { outlet } of [first, second]) sockets.open(outlet, { person: 'u1', expiresAt: start + day })
    await settle()
    const before = reads()
    sockets.push([await change()])
    expect([first, second].map(({ bodies }) => bodies().map(({ after, head }) => [after, head]))).toEqual([
      [
        [0, 0],
        [0, 1],
      ],
      [
        [0, 0],
        [0, 1],
      ],
    ])
    expect(reads()).toBe(before)
  })

  it('that come before their predecessor wait for it, and are read where it does not come, once for all connections', async () => {
    const { sockets, change, reads } = onMemory()
    const ends = [farEnd(), farEnd()]
    for (const { outlet } of ends) sockets.open(outlet, { person: 'u1', expiresAt: start + day })
    await settle()
    const [one, two, three] = [await change(), await change(), await change()]
    sockets.push([two])
    sockets.push([one])
    await vi.advanceTimersByTimeAsync(49)
    const before = reads()
    await vi.advanceTimersByTimeAsync(1)
    expect(reads()).toBe(before + 1)
    sockets.push([two, three, three, one])
    for (const { bodies } of ends) {
      expect(bodies().map(({ after, head }) => [after, head])).toEqual([
        [0, 0],
        [0, 1],
        [1, 3],
      ])
      expect(bodies().flatMap(({ items }) => items.map(({ seq }: { seq: number }) => seq))).toEqual([1, 2, 3])
    }
  })

  it('that happen while a new connection is being read are neither lost nor sent twice', async () => {
    const gate = Promise.withResolvers<void>()
    const inner = onMemory()
    const { sockets, change, store } = onMemory({
      async replay(person, after) {
        const replay = await store.inboxes.replay(person, after)
        await gate.promise
        return replay
      },
    })
    expect(inner.sockets.count).toBe(0)
    await change()
    const { outlet, bodies } = farEnd()
    sockets.open(outlet, { person: 'u1', after: 0, expiresAt: start + day })
    await settle()
    // Committed after the read, and pushed before the first frame.
    sockets.push([await change()])
    gate.resolve()
    await vi.advanceTimersByTimeAsync(50)
    expect(bodies().map(({ after, head }) => [after, head])).toEqual([
      [0, 1],
      [1, 2],
    ])
  })

  it('that come while their successor is being read leave no connection behind', async () => {
    let gate = Promise.resolve()
    const { sockets, change, store } = onMemory({
      async replay(person, after) {
        const replay = await store.inboxes.replay(person, after)
        await gate
        return replay
      },
    })
    const { outlet, bodies } = farEnd()
    sockets.open(outlet, { person: 'u1', expiresAt: start + day })
    await settle()
    const [one, two] = [await change(), await change()]
    const { promise, resolve } = Promise.withResolvers<void>()
    gate = promise
    sockets.push([two])
    await vi.advanceTimersByTimeAsync(50)
    sockets.push([one])
    resolve()
    await vi.advanceTimersByTimeAsync(50)
    expect(bodies().map(({ after, head }) => [after, head])).toEqual([
      [0, 0],
      [0, 1],
      [1, 2],
    ])
  })

  it('make one gapless chain on each connection, however pushes are reordered, repeated and lost, and however slowly they are read', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            { weight: 4, arbitrary: fc.constant('change' as const) },
            { weight: 2, arbitrary: fc.constant('open' as const) },
            { weight: 3, arbitrary: fc.record({ push: fc.nat(30) }) },
            { weight: 2, arbitrary: fc.record({ wait: fc.integer({ min: 0, max: 60 }) }) },
            { weight: 1, arbitrary: fc.record({ slow: fc.integer({ min: 0, max: 90 }) }) },
          ),
          { maxLength: 40 },
        ),
        async (steps) => {
          let slow = 0
          const { sockets, change, store } = onMemory({
            async replay(person, after) {
              const replay = await store.inboxes.replay(person, after)
              if (slow > 0) await new Promise((resolve) => setTimeout(resolve, slow))
              return replay
            },
          })
          const changes: Change[] = []
          const ends: ReturnType<typeof farEnd>[] = []
          for (const step of steps) {
            if (step === 'change') changes.push(await change())
            else if (step === 'open' && ends.length < 10) {
              const end = farEnd()
              ends.push(end)
              sockets.open(end.outlet, { person: 'u1', after: 0, expiresAt: start + 100 * day })
            } else if (typeof step === 'object' && 'push' in step) {
              const pushed = changes[step.push % Math.max(1, changes.length)]
              if (pushed) sockets.push([pushed])
            } else if (typeof step === 'object' && 'slow' in step) slow = step.slow
            else if (typeof step === 'object') await vi.advanceTimersByTimeAsync(step.wait)
          }
          // The last push arrives in the end, or a slow sweep would bring it.
          changes.push(await change())
          sockets.push(changes.slice(-1))
          await vi.advanceTimersByTimeAsync(2_000)
          const { head } = await store.inboxes.page('u1', { limit: 1, filter: 'all' })
          for (const { bodies } of ends) {
            let at = 0
            for (const { after, head: next } of bodies()) {
              expect(after).toBe(at)
              at = next
            }
            expect(at).toBe(head)
            expect(bodies().flatMap(({ items }) => items.map(({ seq }: { seq: number }) => seq))).toEqual(
              Array.from({ length: head }, (_, index) => index + 1),
            )
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('another history of the store', () => {
  /** What each frame says of where it leads, and in which history. */
  const told = ({ bodies }: ReturnType<typeof farEnd>) =>
    bodies().map(({ type, epoch, after, head }) => [type, epoch, ...(after === undefined ? [] : [after]), head])

  it('resets every connection with the next change, and sends nothing of the old one as of the new', async () => {
    const { sockets, change, restore } = onMemory()
    const [one, other] = [farEnd(), farEnd()]
    for (const { outlet } of [one, other]) sockets.open(outlet, { person: 'u1', expiresAt: start + day })
    await settle()
    sockets.push([await change()])
    restore()
    // The same numbers again, for something else.
    sockets.push([await change()])
    sockets.push([await change()])
    await vi.advanceTimersByTimeAsync(50)
    sockets.push([await change()])
    for (const end of [one, other])
      expect(told(end)).toEqual([
        ['changes', 'first', 0, 0],
        ['changes', 'first', 0, 1],
        ['reset', 'second', 2],
        ['changes', 'second', 2, 3],
      ])
    // An event stream resumes from these.
    expect(one.frames.map(({ id }) => id)).toEqual(['first/0', 'first/1', 'second/2', 'second/3'])
  })

  it('resets a connection at its next ping where nothing is sent', async () => {
    const { sockets, change, restore } = onMemory()
    const end = farEnd()
    sockets.open(end.outlet, { person: 'u1', expiresAt: start + day })
    await settle()
    sockets.push([await change()])
    restore()
    await vi.advanceTimersByTimeAsync(25_050)
    expect(told(end).at(-1)).toEqual(['reset', 'second', 0])
    await vi.advanceTimersByTimeAsync(50_000)
    expect(told(end).length).toBe(3)
  })

  it('resets who comes with a number of the old one, and goes on with who comes without one', async () => {
    const { sockets, change, restore } = onMemory()
    sockets.push([await change()])
    restore()
    await change()
    const ends = [{ after: 1, epoch: 'first' }, { after: 1, epoch: 'second' }, { after: 0 }, {}].map((wanted) => {
      const end = farEnd()
      sockets.open(end.outlet, { person: 'u1', expiresAt: start + day, ...wanted })
      return end
    })
    await vi.advanceTimersByTimeAsync(50)
    expect(ends.map(told)).toEqual([
      [['reset', 'second', 1]],
      [['changes', 'second', 1, 1]],
      [['changes', 'second', 0, 1]],
      [['changes', 'second', 1, 1]],
    ])
  })
})

describe('a person who is erased', () => {
  it('is made to load everything again where the erasure was not reported, and receives what comes after', async () => {
    const { sockets, change, store } = onMemory()
    const { outlet, bodies } = farEnd()
    sockets.open(outlet, { person: 'u1', expiresAt: start + day })
    await settle()
    sockets.push([await change()])
    await store.people.erase('u1', start)
    // The answer to the commit was lost.
    sockets.unconfirmed('u1')
    await vi.advanceTimersByTimeAsync(2_000)
    await happen(store, { id: 'anew', type: 'user.created', minute: 1, effects: [profileOf('u1')] })
    sockets.push([await change()])
    await vi.advanceTimersByTimeAsync(50)
    expect(bodies().map(({ type, head }) => [type, head])).toEqual([
      ['changes', 0],
      ['changes', 1],
      ['reset', 0],
      ['reset', 3],
    ])
  })

  it('is cut off with 4001, and no other person is', async () => {
    const { sockets } = onMemory()
    const [mine, also, other] = [farEnd(), farEnd(), farEnd()]
    for (const [end, person] of [
      [mine, 'u1'],
      [also, 'u1'],
      [other, 'u2'],
    ] as const)
      sockets.open(end.outlet, { person, expiresAt: start + day })
    await settle()
    sockets.erase(['u1', 'nobody'])
    expect([mine, also, other].map(({ ends }) => ends)).toEqual([[4001], [4001], []])
    expect(sockets.count).toBe(1)
  })
})

describe('what was shown', () => {
  it('is measured from its arrival, once, and not before it was sent', async () => {
    const { sockets, change, seen } = onMemory()
    const connection = sockets.open(farEnd().outlet, { person: 'u1', expiresAt: start + day })
    await settle()
    connection?.seen(5)
    sockets.push([await change()])
    await vi.advanceTimersByTimeAsync(3_000)
    sockets.push([await change()])
    await vi.advanceTimersByTimeAsync(1_000)
    connection?.seen(0)
    expect(seen).toEqual([])
    connection?.seen(2)
    connection?.seen(2)
    // From the first that had not been seen.
    expect(seen).toEqual([4])
  })
})

describe('a connection', () => {
  it('receives a ping every 25 seconds, and is broken off after a minute of silence, unless it cannot answer', async () => {
    const { sockets } = onMemory()
    const [silent, lively, stream] = [farEnd(), farEnd(), farEnd({ answers: false })]
    sockets.open(silent.outlet, { person: 'u1', expiresAt: start + day })
    const connection = sockets.open(lively.outlet, { person: 'u2', expiresAt: start + day })
    sockets.open(stream.outlet, { person: 'u3', expiresAt: start + day })
    for (let second = 0; second < 100; second++) {
      await vi.advanceTimersByTimeAsync(1_000)
      if (second % 50 === 0) connection?.received()
    }
    const pings = ({ frames }: ReturnType<typeof farEnd>) => frames.filter(({ type }) => type === 'ping').length
    expect([pings(silent), pings(lively), pings(stream)]).toEqual([2, 4, 4])
    expect([silent.ends, lively.ends, stream.ends]).toEqual([['terminated'], [], []])
    expect(sockets.count).toBe(2)
  })

  it('ends with 4001 when its token expires, to the second, and not when a fresh one has come', async () => {
    const { sockets } = onMemory()
    const [old, renewed] = [farEnd({ answers: false }), farEnd({ answers: false })]
    sockets.open(old.outlet, { person: 'u1', expiresAt: start + 600_000 })
    sockets.open(renewed.outlet, { person: 'u1', expiresAt: start + 600_000 })?.renew(start + 900_000)
    await vi.advanceTimersByTimeAsync(599_999)
    expect([old.ends, renewed.ends]).toEqual([[], []])
    await vi.advanceTimersByTimeAsync(1)
    expect([old.ends, renewed.ends]).toEqual([[4001], []])
    await vi.advanceTimersByTimeAsync(300_000)
    expect(renewed.ends).toEqual([4001])
  })

  it('stays while the store is away, which is tried for one person, and each then gets what it lacks, once', async () => {
    let away = false
    let asking = 0
    let most = 0
    const { sockets, change, store, reads } = onMemory({
      async replay(person, after) {
        most = Math.max(most, ++asking)
        // As long as an answer of a store takes.
        await new Promise((resolve) => setTimeout(resolve, 10))
        asking--
        if (away) throw coreErrors.STORE_UNAVAILABLE({ why: 'no connection' })
        return store.inboxes.replay(person, after)
      },
    })
    const open = (person: string) => {
      const end = farEnd()
      sockets.open(end.outlet, { person, after: 0, expiresAt: start + day })
      return end
    }
    const early = open('u1')
    await vi.advanceTimersByTimeAsync(20)
    away = true
    await change()
    sockets.push([await change()])
    const late = ['u1', 'u2', 'u3', 'u4', 'u5', 'u6', 'u7', 'u8'].map(open)
    await vi.advanceTimersByTimeAsync(10_000)
    expect([early, ...late].flatMap(({ ends }) => ends)).toEqual([])
    expect(late.flatMap(({ frames }) => frames.filter(({ type }) => type !== 'ping'))).toEqual([])
    const before = reads()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(reads() - before).toBeLessThanOrEqual(5)
    away = false
    most = 0
    await vi.advanceTimersByTimeAsync(5_000)
    expect(early.bodies().map(({ after, head }) => [after, head])).toEqual([
      [0, 0],
      [0, 2],
    ])
    expect(late.map(({ bodies }) => bodies().map(({ after, head }) => [after, head]))).toEqual([
      [[0, 2]],
      ...Array.from({ length: 7 }, () => [[0, 0]]),
    ])
    expect(most).toBeLessThanOrEqual(5)
    expect(sockets.count).toBe(9)
  })

  it('that the store refuses to read for is closed, and may come back', async () => {
    const { sockets } = onMemory({ replay: () => Promise.reject(new Error('refused')) })
    const { outlet, ends } = farEnd()
    sockets.open(outlet, { person: 'u1', expiresAt: start + day })
    await settle()
    expect([ends, sockets.count]).toEqual([[1012], 0])
  })

  it('closes with 1012 at some moment of the time that there is, and all are closed at its end', async () => {
    const { sockets } = onMemory()
    const ends = Array.from({ length: 50 }, () => farEnd())
    for (const [index, { outlet }] of ends.entries())
      sockets.open(outlet, { person: `u${index}`, expiresAt: start + day })
    const closed = sockets.close(2_000)
    await vi.advanceTimersByTimeAsync(1_000)
    const half = ends.filter((end) => end.ends.length > 0).length
    expect(half).toBeGreaterThan(0)
    expect(half).toBeLessThan(50)
    await vi.advanceTimersByTimeAsync(1_000)
    await closed
    expect(ends.map((end) => end.ends)).toEqual(ends.map(() => [1012]))
  })

  it('that is only just let in while all are closed is closed too', async () => {
    const { sockets } = onMemory()
    const closed = sockets.close(0)
    const { outlet, ends, frames } = farEnd()
    sockets.open(outlet, { person: 'u1', expiresAt: start + day })
    await vi.advanceTimersByTimeAsync(0)
    await closed
    expect([ends, frames, sockets.count]).toEqual([[1012], [], 0])
  })
})
