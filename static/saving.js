// A button of a form that saves itself waits for the save under way, whose answer brings the version that it
// goes on from; once the form leaves, no further save may overtake it.
(() => {
  "use strict";
  window.saving = (form, { mayBegin = () => true, onBegin = () => {}, onLeave = () => {} }) => {
    let underWay = 0;
    let waiting = null;
    let leaving = false;
    form.addEventListener("htmx:beforeRequest", (event) => {
      if (leaving || !mayBegin()) {
        event.preventDefault();
        return;
      }
      underWay += 1;
      onBegin();
    });
    form.addEventListener("htmx:afterRequest", () => {
      underWay -= 1;
      if (waiting && !underWay) {
        const button = waiting;
        waiting = null;
        setTimeout(() => form.requestSubmit(button));
      }
    });
    form.addEventListener("submit", (event) => {
      if (underWay) {
        event.preventDefault();
        waiting = event.submitter;
      } else {
        leaving = true;
        onLeave();
      }
    });
  };
})();
