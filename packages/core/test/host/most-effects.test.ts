import { everyone } from '@belfry/contracts/audiences'
import * as booking from '@belfry/contracts/booking'
import { expect, it } from 'vitest'
import { type AnyPlugin, createHost, definePlugin, type EffectMakers } from '../../src/index.ts'
import { bookingCreatedBy } from '../some-events.ts'

const messages = { told: { title: 'Told', body: '' } } as const
type Makers = EffectMakers<typeof messages>

/** What becomes of one event of a handler, beside one that asks for little. */
async function outcomeOf(handle: (makers: Makers) => unknown) {
  const pluginOf = (id: string, own: (makers: Makers) => unknown): AnyPlugin => ({
    ...definePlugin({ id, events: booking, messages, on: {} }),
    on: { bookingCreated: (_event: unknown, makers: Makers) => own(makers) },
  })
  const greedy = pluginOf('greedy', handle)
  const modest = pluginOf('modest', ({ notify }) => [notify.told('u1', {})])
  const [outcome] = await createHost({ plugins: [greedy, modest] }).dispatch([
    { event: bookingCreatedBy('u1'), contract: booking.bookingCreated },
  ])
  return {
    told: outcome?.effects.map(({ plugin, effects }) => [plugin, effects.length]),
    failed: outcome?.failures.map(({ plugin, error }) => [plugin, error.code, error.sentence]),
  }
}

const list = <T>(count: number, make: (index: number) => T) => Array.from({ length: count }, (_, index) => make(index))
const named = (count: number, first = 0) => list(count, (index) => `s${first + index}`)
const refused = (most: number, what: string) => ({
  told: [['modest', 1]],
  failed: [['greedy', 'EFFECTS_TOO_MANY', `greedy.bookingCreated used more than ${most} ${what} for one event`]],
})

it('lets a handler name tens of thousands of people for one event', async () => {
  const { told, failed } = await outcomeOf(({ notify }) =>
    list(10, (index) => notify.told(named(10_000, index * 10_000), {})),
  )
  expect([told, failed]).toEqual([
    [
      ['greedy', 10],
      ['modest', 1],
    ],
    [],
  ])
})

it('makes a dead letter of an event for which a handler names too many people', async () => {
  const told = await outcomeOf(({ notify }) => list(11, (index) => notify.told(named(10_000, index * 10_000), {})))
  expect(told).toEqual(refused(100_000, 'people'))
  const { failed } = await outcomeOf(({ notify, join }) => [
    list(5, (index) => join(named(10_000), { audience: `a${index}` }, { because: 'x' })),
    list(5, () => notify.told(everyone, {}, { except: named(10_000) })),
    notify.told('one too many', {}),
  ])
  expect(failed).toEqual(refused(100_000, 'people').failed)
})

it('makes a dead letter of an event for which a handler makes too many effects', async () => {
  expect(await outcomeOf(({ notify }) => list(5_001, (index) => notify.told(`s${index}`, {})))).toEqual(
    refused(5_000, 'effects'),
  )
})

it('makes a dead letter of an event that a handler tells too many audiences of', async () => {
  expect(
    await outcomeOf(({ notify }) =>
      list(251, (index) => notify.told({ audience: `a${index}` }, {}, { except: { audience: 'b' } })),
    ),
  ).toEqual(refused(500, 'audiences'))
})

it('makes a dead letter of an event for which a handler uses too many keys', async () => {
  expect(
    await outcomeOf(({ notify, withdraw }) => [
      list(1_000, (index) => notify.told('u1', {}, { key: `k${index}` })),
      list(1_001, (index) => withdraw(`k${index}`)),
    ]),
  ).toEqual(refused(2_000, 'keys'))
})

it('makes a dead letter of an event for which a handler erases too many people', async () => {
  expect(await outcomeOf(({ erase }) => named(101).map(erase))).toEqual(refused(100, 'erasures'))
})

it('stops a handler that makes effects without end, even one that goes on when it is told so', async () => {
  let made = 0
  const outcome = await outcomeOf(({ notify }) => {
    const effects = []
    for (; made < 20_000; made++)
      try {
        effects.push(notify.told('u1', {}))
      } catch {
        // It goes on with what it has.
      }
    return effects
  })
  expect(outcome).toEqual(refused(5_000, 'effects'))
})
