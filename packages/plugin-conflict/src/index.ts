export { conflictPlugin } from './conflict-plugin.ts'
