export { resourcePlugin } from './resource-plugin.ts'
