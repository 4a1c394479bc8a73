import { defineErrors } from '@belfry/contracts/errors'

/** Every error of the store: code → sentence and remedy. */
export const postgresErrors = defineErrors({
  FOLDER_IN_USE: {
    says: '{folder} is in use by another process',
    remedy: 'Stop the other Belfry, or configure another folder for this one ([notification_service.embedded] folder).',
  },
  FOLDER_UNUSABLE: {
    says: '{folder} cannot be used: {why}',
    remedy: 'Name a folder that can be created and written ([notification_service.embedded] folder).',
  },
  POSTGRES_UNREACHABLE: {
    says: 'Postgres at {where} cannot be reached: {why}',
    remedy:
      'Start it, or correct [notification_service.postgres] url. The user must exist and have the right to connect.',
    transient: true,
  },
  POSTGRES_TOO_OLD: {
    says: 'Postgres is version {found}, expected at least {oldest}',
    remedy: 'Upgrade the server, or name another one in [notification_service.postgres] url.',
  },
  TABLES_REFUSED: {
    says: 'Postgres at {where} refused to make or change the tables: {why}',
    remedy:
      'Make the user of [notification_service.postgres] url the owner of its database, or let it create tables in its schema.',
  },
  TLS_IN_ADDRESS: {
    says: 'the address of Postgres at {where} has {parameters}, which would change the TLS that is configured beside it',
    remedy: 'Remove it from the address: [notification_service.postgres.tls] configures TLS.',
  },
  POOLER_IN_TRANSACTION_MODE: {
    says: 'a pooler in transaction mode stands before {where}: locks and settings of a session do not hold there',
    remedy:
      'Set [notification_service.postgres] session_url to the address of the database itself; url may stay with the pooler.',
  },
  SESSION_URL_ELSEWHERE: {
    says: 'session_url leads to another database ({session}) than url ({url}): locks in one guard nothing in the other',
    remedy: 'Both must lead to the same database, session_url without the pooler.',
  },
  STORE_NEWER: {
    says: 'the store was migrated by a newer Belfry: it has {found}, which this version does not have',
    remedy: 'Start the newer version, or configure another store for this one.',
  },
})
