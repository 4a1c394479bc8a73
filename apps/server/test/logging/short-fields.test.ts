import { coreErrors } from '@belfry/core'
import { expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config.ts'
import { createLogger } from '../../src/logging/logger.ts'

const config = await loadConfig(['node', 'belfry'], { BELFRY_CONFIG: '/dev/null' })
const long = 'x'.repeat(1_000_000)

/** The lines of what is logged. */
function linesOf(act: (logger: ReturnType<typeof createLogger>) => void) {
  const lines: string[] = []
  act(createLogger(config, { write: (line) => void lines.push(line) }))
  return lines
}

it.each<[string, object, string]>([
  ['its sentence', {}, long],
  ['a field', { type: long }, 'said'],
  ['a field of a field', { place: { topic: long, more: { deep: { deeper: { deepest: long } } } } }, 'said'],
  ['a name', { [long]: 1 }, 'said'],
  ['names', Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`n${index}`, index])), 'said'],
  ['a list', { people: Array(100_000).fill('u1') }, 'said'],
  ['an error', { err: new Error(long) }, 'said'],
  ['the cause of an error', { err: new Error('x', { cause: new Error(long) }) }, 'said'],
  ['a field of an error', { err: Object.assign(new Error('x'), { body: { long } }) }, 'said'],
  [
    'the problems of an error',
    {
      err: coreErrors.EFFECT_INVALID(
        { effect: long, problems: long },
        { problems: Array(100).fill({ path: long, message: long }) },
      ),
    },
    'said',
  ],
  ['what is no object', { err: long, list: [[long]] }, 'said'],
])('a line of the log is short, however long %s is', (_what, fields, sentence) => {
  const [line = ''] = linesOf((logger) => logger.error(fields, sentence))
  expect(line.length).toBeLessThan(65_536)
  expect(JSON.parse(line)).toMatchObject({ level: 50, msg: expect.any(String) })
})

it('a line of the log has what it is about, and no secret', () => {
  const error = coreErrors.STORE_UNAVAILABLE({ why: 'it is gone' }, { cause: new Error('refused') })
  const [line = ''] = linesOf((logger) =>
    logger
      .child({ thread: 1 })
      .warn(
        { err: error, topic: 'booking', list: [1, { a: null }], token: 's3cret', on: { password: 's3cret' } },
        'said',
      ),
  )
  expect(line).not.toContain('s3cret')
  expect(JSON.parse(line)).toMatchObject({
    level: 40,
    thread: 1,
    topic: 'booking',
    list: [1, { a: null }],
    msg: 'said',
    err: { type: 'BelfryError', code: 'STORE_UNAVAILABLE', message: expect.stringContaining('it is gone') },
  })
})
