import { isMainThread } from 'node:worker_threads'
import plugins from './troubled-plugins.ts'

// Whatever keeps a thread from loading what the main thread could.
if (!isMainThread) throw new Error('not in a thread')

export default plugins
