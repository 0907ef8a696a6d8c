/** What the tour says, and to what it points: elements that carry `data-tour`. */
export interface Step {
  view: string;
  target: string;
  text: string;
}

export const steps: readonly Step[] = [
  {
    view: 'watch',
    target: 'text',
    text: 'A key is told once, at the beginning of a text. Then filler streams by, and at any moment the key is asked for.',
  },
  {
    view: 'watch',
    target: 'fam',
    text: 'This model hands eight activations a layer from block to block: its FAM. What it answers, and how sure it is of each digit, is computed here and now.',
  },
  {
    view: 'watch',
    target: 'bswa',
    text: 'The same model without FAM sees its last blocks only. As soon as the key has left them, it guesses.',
  },
  {
    view: 'watch',
    target: 'deeds',
    text: 'The proof that FAM remembers: erase it and the key is gone, swap it and the text knows another’s key, freeze it and nothing new gets in.',
  },
  {
    view: 'watch',
    target: 'chart',
    text: 'Recall against length. The dashed line is the longest text of the training: what lies right of it the model was never shown.',
  },
  {
    view: 'watch',
    target: 'scenes',
    text: 'Scenes to start from. Each is a link: the address of the page holds its state.',
  },
  {
    view: 'inside',
    target: 'scrubber',
    text: 'Here one text is taken apart. Go from block to block and see who attends to what, and what FAM becomes.',
  },
  {
    view: 'inside',
    target: 'carries',
    text: 'Take away one activation of FAM and see which digit goes with it.',
  },
];
