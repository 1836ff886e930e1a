declare module '*.css' {
  export const css: string;
  // esbuild's loader `text` has a default export only.
  const text: string;
  export default text;
}
