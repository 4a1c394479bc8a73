import { describe, expect, it } from 'vitest'
import { markerOf } from '../../src/load/booking-events.ts'
import { WatchedRound } from '../../src/load/watched-round.ts'

const FROM = Date.now()
const everyone = { people: 2, stride: 1, step: 1 }

describe('a watched round', () => {
  it('ends at its last arrival; a text that names an event twice is one arrival', async () => {
    const round = new WatchedRound(2, everyone)
    const name = (index: number) => `${markerOf(round.id)}${index}-`
    round.sent(0)
    round.sent(1)
    const collected = round.collect({ from: FROM, quietMs: 60_000 })
    round.receive(`${name(0)} and ${name(0)}`)
    round.receive(`${name(1)}`)
    expect(await collected).toMatchObject({ expected: 2, arrived: 2, repeated: 0 })
  })

  it('counts what arrives again, and several events of one frame', async () => {
    const round = new WatchedRound(3, everyone)
    const name = (index: number) => `"${markerOf(round.id)}${index}-"`
    round.receive(name(0))
    round.receive([0, 1, 2].map(name).join())
    expect(await round.collect({ from: FROM, quietMs: 60_000 })).toMatchObject({ arrived: 3, repeated: 1 })
  })

  it('expects events only of people who are connected', async () => {
    const round = new WatchedRound(100, { people: 50, stride: 10, step: 1 })
    expect((await round.collect({ from: FROM, quietMs: 1 })).expected).toBe(10)
  })

  it('ignores the events of other rounds', async () => {
    const round = new WatchedRound(1, everyone)
    round.receive('R-another0-0-')
    expect((await round.collect({ from: FROM, quietMs: 1 })).arrived).toBe(0)
  })
})
