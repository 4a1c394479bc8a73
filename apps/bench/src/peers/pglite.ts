// PGlite alone: opens it in the folder that is named, and queries it once.
import { PGlite } from '@electric-sql/pglite'

const database = await PGlite.create(`${process.argv[2]}/pglite`)
await database.query('select 1')
process.on('SIGTERM', () => void database.close().then(() => process.exit(0)))
// Without it the process would end here.
process.on('message', () => {})
process.send?.('ready')
