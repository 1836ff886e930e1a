/** A cell that cannot be read. The message states what to write instead, and has nothing of the cell. */
export class CellError extends Error {}
