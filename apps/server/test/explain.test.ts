import { BelfryError } from '@belfry/contracts/errors'
import { expect, it } from 'vitest'
import { throwAll } from '../src/engines/together.ts'
import { serverErrors } from '../src/errors.ts'
import { explain } from '../src/explain.ts'

const taken = serverErrors.HTTP_PORT_UNUSABLE({ host: '127.0.0.1', port: 80, why: 'it is in use' })
const typo = serverErrors.CONFIG_INVALID({ problems: 'a is unknown\nb is unknown' })
const joined = (...errors: readonly BelfryError[]) => {
  try {
    throwAll(errors)
  } catch (error) {
    if (error instanceof BelfryError) return error
  }
  throw new Error('the error is missing')
}

it('a problem of the start is a line on its own in a log, and on a terminal what to do is below it', () => {
  expect(explain(taken, false)).toBe('127.0.0.1:80 cannot be listened on: it is in use\n')
  expect(explain(taken, true)).toBe(
    `127.0.0.1:80 cannot be listened on: it is in use\n  ${serverErrors.HTTP_PORT_UNUSABLE.remedy}\n`,
  )
  expect(explain(new BelfryError('OWN', 'it is closed', []), true)).toBe('it is closed\n')
})

it('several problems of the start keep each its own remedy', () => {
  const both = joined(taken, typo)
  expect(explain(both, false)).toBe(`${both.sentence}\n`)
  expect(explain(both, true).split('\n')).toEqual([
    taken.sentence,
    `  ${taken.remedy}`,
    'a is unknown',
    'b is unknown',
    `  ${typo.remedy}`,
    '',
  ])
})
