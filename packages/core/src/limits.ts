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
})
