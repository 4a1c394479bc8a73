import { expect, it } from 'vitest'
import { createPulse, readPulse, writePulse } from '../../src/intake/threads/pulse.ts'

const names = { topics: ['booking', 'waitlist'], plugins: ['p', 'q'] }
const at = (offset: number) => ({ topic: 'waitlist', partition: 3, offset })

it('has the record that a thread is in, nearest first: decoded, in a handler, on its way alone', () => {
  const memory = createPulse()
  const [writer, pulse] = [writePulse(memory, names), readPulse(memory, names)]
  const alone = writer.records('intake', 'alone')
  const decoding = writer.records('intake', 'decoding')
  const handlers = writer.handlers('intake', () => false)
  expect(pulse.culprit('intake')).toBeUndefined()
  alone.enter(at(2 ** 40))
  expect(pulse.culprit('intake')).toEqual({ step: 'alone', ...at(2 ** 40) })
  handlers.enter('q', at(7))
  expect(pulse.culprit('intake')).toEqual({ step: 'handling', plugin: 'q', ...at(7) })
  decoding.enter(at(8))
  expect(pulse.culprit('intake')).toEqual({ step: 'decoding', ...at(8) })
  expect(pulse.culprit('retry')).toBeUndefined()
  decoding.leave()
  handlers.leave()
  alone.leave()
  expect(pulse.culprit('intake')).toBeUndefined()
})

it('keeps what is retried apart from what is taken in', () => {
  const memory = createPulse()
  const [writer, pulse] = [writePulse(memory, names), readPulse(memory, names)]
  writer.records('retry', 'decoding').enter(at(1))
  expect(pulse.culprit('intake')).toBeUndefined()
  expect(pulse.culprit('retry')).toEqual({ step: 'decoding', ...at(1) })
  // While it waits for its transaction, the intake may be what the thread is in.
  writer.records('retry', 'decoding').leave()
  writer.records('retry', 'alone').enter(at(1))
  writer.records('intake', 'alone').enter(at(2))
  expect(pulse.culprit('retry')).toEqual({ step: 'alone', ...at(1) })
  writer.records('intake', 'decoding').enter(at(2))
  expect([pulse.culprit('retry'), pulse.culprit('intake')]).toEqual([undefined, { step: 'decoding', ...at(2) }])
  writer.tick()
  expect(pulse.ticks()).toBe(1)
})
