import { homedir } from 'node:os'
import { join } from 'node:path'

/** The folder that keeps what the tests download. */
export const cacheHome = (): string => join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'belfry')
