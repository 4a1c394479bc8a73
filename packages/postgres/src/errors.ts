import { defineErrors } from '@belfry/contracts/errors'

/** Every error of the store: code → sentence and remedy. */
export const postgresErrors = defineErrors({
  FOLDER_IN_USE: {
    says: '{folder} is in use by another process',
    remedy: 'Stop the other Belfry, or give this one a folder of its own ([notification_service.embedded] folder).',
  },
  FOLDER_UNUSABLE: {
    says: '{folder} cannot be used: {why}',
    remedy: 'Name a folder that can be created and written ([notification_service.embedded] folder).',
  },
  STORE_NEWER: {
    says: 'the store was migrated by a newer Belfry: it has {found}, which this version does not know',
    remedy: 'Start the newer version, or give this one a store of its own.',
  },
})
