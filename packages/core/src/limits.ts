import { defineLimits } from '@belfry/contracts/limits'

/** The limits of what handlers ask for, and of the intake. */
export const coreLimits = defineLimits({
  TRANSACTION_NOTIFICATIONS: {
    what: 'Named people and keys in one transaction of the intake',
    most: 2_000,
    unit: 'notifications',
    beyond: 'the batch is cut into several transactions',
    test: 'packages/core/test/intake.test.ts: keeps transactions small where events name many people',
  },
  LETTER_BYTES: {
    what: 'What a dead letter keeps of a record that could not be decoded',
    most: 65_536,
    unit: 'bytes',
    beyond: 'its beginning and its size are kept, and it cannot be tried again',
    test: 'packages/core/src/testing/store-suite/letters.ts: keeps of what could not be decoded the beginning and the size, and of what can be tried again all',
  },
  LETTER_MESSAGE: {
    what: 'The sentence of a dead letter',
    most: 2_000,
    unit: 'characters',
    beyond: 'its beginning is kept',
    test: 'packages/core/src/testing/store-suite/letters.ts: keeps no more of a sentence than an operator reads',
  },
  LETTER_SHOWN: {
    what: 'What an answer shows of the value of a dead letter',
    most: 1_048_576,
    unit: 'bytes',
    beyond: 'its beginning is shown, with the size of its record',
    test: 'packages/core/src/testing/store-suite/letters.ts: shows the beginning of a large record, and its size',
  },
})
