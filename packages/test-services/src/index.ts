export { findPooler, type Pooler, startPooler } from './pooler.ts'
export { type PostgresForTests, postgresForTests } from './postgres-for-tests.ts'
export { findPrograms, type PostgresServer, startPostgres } from './postgres-server.ts'
export { createProxy, type Proxy } from './proxy.ts'
