import { expect, it } from 'vitest'
import { TopicStates } from '../../src/intake/index.ts'

function opened() {
  const topics = new TopicStates()
  topics.open(['booking', 'user'])
  return topics
}
const stateOf = (topics: TopicStates) => topics.statuses()[0]

it('is running once it is started, and its intake knows which topics are wanted', () => {
  const topics = opened()
  expect(topics.statuses()).toEqual([
    { topic: 'booking', state: 'not started' },
    { topic: 'user', state: 'not started' },
  ])
  topics.start('booking')
  expect(stateOf(topics)).toEqual({ topic: 'booking', state: 'running' })
  expect([topics.names, topics.wanted]).toEqual([['booking', 'user'], ['booking']])
})

it('is not running while it is paused, whoever starts it, and runs when it is released', () => {
  const topics = opened()
  topics.pause('booking')
  topics.start('booking')
  expect([stateOf(topics), topics.isRunning('booking')]).toEqual([{ topic: 'booking', state: 'paused' }, false])
  topics.release('booking')
  expect([stateOf(topics), topics.isRunning('booking')]).toEqual([{ topic: 'booking', state: 'running' }, true])
})

it('is not started by being released', () => {
  const topics = opened()
  topics.pause('booking')
  topics.release('booking')
  expect(stateOf(topics)).toEqual({ topic: 'booking', state: 'not started' })
})

it('says why it is quarantined until it is released, and is trusted from then on', () => {
  const topics = opened()
  topics.start('booking')
  topics.quarantine('booking', 'it holds plain JSON')
  topics.start('booking')
  expect(stateOf(topics)).toEqual({ topic: 'booking', state: 'paused', why: 'it holds plain JSON' })
  topics.pause('booking')
  expect([topics.isPaused('booking'), topics.isTrusted('booking')]).toEqual([true, false])
  topics.release('booking')
  expect(stateOf(topics)).toEqual({ topic: 'booking', state: 'running' })
  expect([topics.isQuarantined('booking'), topics.isTrusted('booking')]).toEqual([false, true])
})

it('is known, or nothing is decided about it', () => {
  const topics = opened()
  for (const decide of [() => topics.expectKnown('other'), () => topics.start('other'), () => topics.pause('other')])
    expect(decide).toThrow('TOPIC_UNKNOWN')
  expect(topics.isPaused('other')).toBe(false)
})
