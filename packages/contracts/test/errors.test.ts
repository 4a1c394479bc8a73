import { expect, it } from 'vitest'
import { BelfryError, defineErrors, isTransient } from '../src/errors.ts'

const errors = defineErrors({
  AWAY: { says: '{what} is away', remedy: 'Wait.', transient: true },
  WRONG: { says: '{what} is wrong', remedy: 'Correct it.' },
})

it('an error whose row says transient may succeed later, and no other does', () => {
  expect(isTransient(errors.AWAY({ what: 'it' }))).toBe(true)
  expect(isTransient(errors.WRONG({ what: 'it' }))).toBe(false)
  expect(isTransient(new BelfryError('AWAY', 'it is away', []))).toBe(false)
  expect(isTransient(Object.assign(new Error('refused'), { code: 'AWAY', transient: true }))).toBe(false)
  expect(isTransient(undefined)).toBe(false)
})

it('the row of a transient error is readable on its function', () => {
  expect({ ...errors.AWAY }).toEqual({ code: 'AWAY', says: '{what} is away', remedy: 'Wait.', transient: true })
  expect(errors.WRONG).not.toHaveProperty('transient')
})

it('an error has the remedy of its row, or the one of its own case', () => {
  expect(errors.WRONG({ what: 'it' }).remedy).toBe('Correct it.')
  expect(errors.WRONG({ what: 'it' }, { remedy: 'Turn it.' }).remedy).toBe('Turn it.')
  expect(new BelfryError('AWAY', 'it is away', [], { remedy: 'Wait.' }).remedy).toBe('Wait.')
  expect(new BelfryError('AWAY', 'it is away', []).remedy).toBeUndefined()
})
