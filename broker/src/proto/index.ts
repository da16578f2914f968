// The door to every format that lies in the bucket. Source: `broker/proto/*.proto`; `scripts/proto` generates.
//
//   const bytes = chronik.slot.SlotHeader.encode({ ... }).finish();
//   const header = chronik.slot.SlotHeader.decode(bytes);
//
// `X.$Properties` is what an encoder takes (every field optional), `X` what a decoder gives. A decoder throws plain
// errors (RangeError, Error) on bytes that are not such a message: the calling room names the object in its own error.
// Unknown fields written by a newer version are kept (`$unknowns`) and written back.
export { chronik } from './generated.js';
