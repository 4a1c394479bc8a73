import { isTransient } from '@belfry/contracts/errors'
import { coreErrors } from '@belfry/core'
import { expect, it } from 'vitest'
import { packError, unpackError } from '../../src/intake/threads/messages.ts'

it('an error that crosses to another thread keeps its code and remedy, and whether the same call may succeed later', () => {
  const away = unpackError(structuredClone(packError(coreErrors.STORE_UNAVAILABLE({ why: 'no connection' }))))
  expect(away).toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: /no connection/,
    remedy: coreErrors.STORE_UNAVAILABLE.remedy,
  })
  expect(isTransient(away)).toBe(true)
  expect(isTransient(unpackError(structuredClone(packError(coreErrors.STORE_REFUSED({ why: 'NUL' })))))).toBe(false)
})
