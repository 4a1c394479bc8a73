export { bookingPlugin } from './booking-plugin.ts'
