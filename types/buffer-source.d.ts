/** The types of structured-headers name this type of the DOM, which a program for Node.js does not have. */
type BufferSource = ArrayBufferView | ArrayBuffer;
