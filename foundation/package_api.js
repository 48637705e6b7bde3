// Before every script of a teaching package: what it may look for in a browser or an LMS, kept in memory only.
// Answers and results go nowhere. ASCII only: the page may be in any encoding.
(function () {
  "use strict";
  if (window.API && window.API_1484_11) { return; }

  function memory() {
    var kept = Object.create(null);
    var store = {
      getItem: function (key) { key = String(key); return key in kept ? kept[key] : null; },
      setItem: function (key, value) { kept[String(key)] = String(value); },
      removeItem: function (key) { delete kept[String(key)]; },
      clear: function () { kept = Object.create(null); },
      key: function (place) { var keys = Object.keys(kept); return place < keys.length ? keys[place] : null; }
    };
    Object.defineProperty(store, "length", { get: function () { return Object.keys(kept).length; } });
    return store;
  }

  // In an origin of its own a page gets an exception from these instead of an empty store.
  ["localStorage", "sessionStorage"].forEach(function (name) {
    try { Object.defineProperty(window, name, { value: memory(), configurable: true }); } catch (error) { /* as it is */ }
  });
  try {
    Object.defineProperty(document, "cookie", { get: function () { return ""; }, set: function () {}, configurable: true });
  } catch (error) { /* as it is */ }

  function answers(defaults) {
    var values = Object.create(null);
    return {
      get: function (name) { return name in values ? values[name] : name in defaults ? defaults[name] : ""; },
      set: function (name, value) { values[name] = String(value); return "true"; }
    };
  }
  function yes() { return "true"; }
  function none() { return "0"; }
  function empty() { return ""; }

  var first = answers({
    "cmi.core.lesson_status": "not attempted", "cmi.core.lesson_mode": "browse", "cmi.core.entry": "ab-initio",
    "cmi.core.credit": "no-credit", "cmi.core.total_time": "0000:00:00.00", "cmi.interactions._count": "0",
    "cmi.objectives._count": "0",
    "cmi.core._children": "student_id,student_name,lesson_location,credit,lesson_status,entry,score,total_time,lesson_mode,exit,session_time",
    "cmi.core.score._children": "raw,min,max"
  });
  window.API = {
    LMSInitialize: yes, LMSFinish: yes, LMSCommit: yes, LMSGetValue: first.get, LMSSetValue: first.set,
    LMSGetLastError: none, LMSGetErrorString: empty, LMSGetDiagnostic: empty
  };
  var second = answers({
    "cmi.completion_status": "unknown", "cmi.success_status": "unknown", "cmi.mode": "browse", "cmi.entry": "ab-initio",
    "cmi.credit": "no-credit", "cmi.total_time": "PT0S", "cmi.interactions._count": "0", "cmi.objectives._count": "0",
    "cmi._version": "1.0"
  });
  window.API_1484_11 = {
    Initialize: yes, Terminate: yes, Commit: yes, GetValue: second.get, SetValue: second.set,
    GetLastError: none, GetErrorString: empty, GetDiagnostic: empty
  };
})();
