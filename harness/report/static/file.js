// The report as a file, and the list of a bundle: all is there without this; with it, tables sort and lists can be searched.

export function prepareFile() {
  for (const article of document.querySelectorAll("article.study")) {
    prepareTable(article);
    offerPictures(article, article.dataset.study);
  }
  const list = document.querySelector("ul.studies");
  if (list) {
    const tools = document.querySelector("main > .tools");
    tools.hidden = false;
    tools.querySelector("input").addEventListener("input", (event) => {
      for (const item of list.children) {
        item.hidden = !item.dataset.text.toLowerCase().includes(event.target.value.toLowerCase());
      }
    });
  }
}
