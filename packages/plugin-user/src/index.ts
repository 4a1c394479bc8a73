export { userPlugin } from './user-plugin.ts'
