export { notificationPlugin } from './notification-plugin.ts'
