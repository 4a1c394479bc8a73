import * as booking from '@belfry/contracts/booking'
import { describe, expect, it } from 'vitest'
import { type AnyPlugin, createHost, definePlugin, type Incoming, type Watch } from '../../src/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

/** What a watcher was told, in order. */
function watching(careful = false) {
  const told: string[] = []
  const watch: Watch = {
    enter: (plugin, { topic, partition, offset }) => void told.push(`${plugin} ${topic}/${partition}/${offset}`),
    leave: () => void told.push('left'),
    careful: () => careful,
  }
  return { watch, told }
}
const pluginOf = (id: string, handle: (event: { id: string }) => unknown): AnyPlugin => ({
  ...definePlugin({ id, events: booking, messages: {}, on: {} }),
  on: { bookingCreated: handle },
})
const events = (count: number): readonly Incoming[] =>
  Array.from({ length: count }, (_, offset) => ({
    event: bookingCreatedBy('u1', { id: `e${offset}`, bookingId: `b${offset}` }),
    contract: booking.bookingCreated,
    place: { topic: 'booking', partition: 0, offset },
  }))

describe('a watch', () => {
  it('is told which handler runs, while it runs', async () => {
    const { watch, told } = watching()
    const seen: string[] = []
    const plugin = pluginOf('p', ({ id }) => {
      seen.push(`${id}: ${told.at(-1)}`)
      return []
    })
    await createHost({ plugins: [plugin], watch }).dispatch(events(2))
    expect(seen).toEqual(['e0: p booking/0/0', 'e1: p booking/0/1'])
    expect(told).toEqual(['p booking/0/0', 'left', 'p booking/0/1', 'left'])
  })

  it('is told of each try', async () => {
    const { watch, told } = watching()
    const plugin = pluginOf('p', () => {
      throw new Error('no')
    })
    await createHost({ plugins: [plugin], watch }).dispatch(events(1))
    expect(told).toEqual(Array.from({ length: 3 }, () => ['p booking/0/0', 'left']).flat())
  })

  it('is told in careful times until a handler has answered, and one runs at a time', async () => {
    const { watch, told } = watching(true)
    const running: string[] = []
    const slow = (name: string) =>
      pluginOf(name, async ({ id }) => {
        running.push(`${name} ${id}`)
        await new Promise((resolve) => setTimeout(resolve, 5))
        expect(running).toEqual([`${name} ${id}`])
        running.pop()
        return []
      })
    const outcomes = await createHost({ plugins: [slow('p'), slow('q')], watch }).dispatch(events(2))
    expect(outcomes.flatMap(({ failures }) => failures)).toEqual([])
    expect(told).toEqual(
      [0, 1].flatMap((offset) => ['p', 'q'].flatMap((name) => [`${name} booking/0/${offset}`, 'left'])),
    )
  })

  it('is told in careful times that a handler that was given up may go on, until the next events', async () => {
    const { watch, told } = watching(true)
    const plugin = pluginOf('p', ({ id }) => (id === 'e0' ? new Promise(() => {}) : []))
    const host = createHost({ plugins: [plugin], timeout: 5, watch })
    const outcomes = await host.dispatch(events(2))
    expect(outcomes.map(({ failures }) => failures.map(({ error }) => error.code))).toEqual([['HANDLER_TIMED_OUT'], []])
    expect(new Set(told.splice(0))).toEqual(new Set(['p booking/0/0']))
    await host.dispatch(events(2).slice(1))
    expect(told).toEqual(['left', 'p booking/0/1', 'left'])
  })
})
