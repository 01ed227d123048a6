#include "config/check.h"

#include "config/bounds.h"
#include "config/suggest.h"
#include "config/values.h"
#include "config/words.h"

#include <algorithm>
#include <vector>

namespace holdfast::config {
namespace {

std::string_view expected(Type type) {
  switch (type) {
  case Type::section: return "keys";
  case Type::any:
  case Type::word:
  case Type::line:
  case Type::text: return "text";
  case Type::expression: return "a regular expression";
  case Type::name: return "a name";
  case Type::user: return "the name of a user or group";
  case Type::path: return "a path";
  case Type::url: return "a URL";
  case Type::address: return "an address";
  case Type::host_port: return "HOST:PORT";
  case Type::boolean: return "true or false";
  case Type::yes: return "true";
  case Type::integer: return "a whole number";
  case Type::decimal: return "a number";
  case Type::size: return "a size";
  case Type::duration: return "a time";
  case Type::share: return "a share";
  case Type::count: return "a count";
  case Type::mode: return "a mode";
  case Type::signal: return "a signal";
  case Type::capability: return "a capability";
  case Type::unit: return "a unit";
  case Type::program: return "a program";
  case Type::choice: return "a word";
  }
  return "text";
}

/// Whether a scalar that YAML takes for `core` may stand for a value of `type`. Values with a unit are read
/// from their text, so that a bare number is told what it lacks.
bool accepts(Type type, CoreType core) {
  switch (type) {
  case Type::any: return true;
  case Type::section: return core == CoreType::map;
  case Type::word: return core != CoreType::null && core != CoreType::list && core != CoreType::map;
  case Type::boolean:
  case Type::yes: return core == CoreType::boolean;
  case Type::integer: return core == CoreType::integer;
  case Type::decimal: return core == CoreType::integer || core == CoreType::real;
  case Type::size:
  case Type::duration:
  case Type::share:
  case Type::count:
  case Type::mode: return core == CoreType::text || core == CoreType::integer || core == CoreType::real;
  case Type::program: return core == CoreType::text || core == CoreType::list;
  case Type::text:
  case Type::line:
  case Type::expression:
  case Type::name:
  case Type::user:
  case Type::path:
  case Type::url:
  case Type::address:
  case Type::host_port:
  case Type::signal:
  case Type::capability:
  case Type::unit:
  case Type::choice: return core == CoreType::text;
  }
  return false;
}

std::string type_hint(Type type, const Node& node) {
  const CoreType core = core_type(node);
  const bool scalar = node.kind == Kind::scalar;
  if (type == Type::boolean && scalar) return "YAML 1.2 knows only true and false";
  const bool is_text = type == Type::text || type == Type::line || type == Type::expression;
  if (is_text && scalar) return "put it in quotes";
  if (type == Type::integer && core == CoreType::text && !node.plain) return "write it without quotes";
  if (core == CoreType::null) return "write a value, or leave the key out";
  return {};
}

Flaw choice_flaw(const Key& key, std::string_view text) {
  std::vector<std::string_view> words;
  std::string listed;
  for (const Choice& choice : key.choices) {
    words.push_back(choice.word);
    listed += (listed.empty() ? "" : ", ") + std::string(choice.word);
  }
  const std::string hint = did_you_mean(text, words);
  return {in_quotes(text) + " is not one of " + listed, hint};
}

Flaw check_choice(const Key& key, std::string_view text) {
  const auto found =
      std::find_if(key.choices.begin(), key.choices.end(), [&](const auto& c) { return c.word == text; });
  if (found == key.choices.end()) return choice_flaw(key, text);
  if (!found->supported) return {in_quotes(text) + " is not supported yet", {}};
  return {};
}

template <typename T>
Flaw flaw_of(const Parsed<T>& parsed) {
  const auto* flaw = std::get_if<Flaw>(&parsed);
  return flaw == nullptr ? Flaw{} : *flaw;
}

/// A scalar whose core type is right.
Flaw check_text(const Key& key, const std::string& text) {
  switch (key.type) {
  case Type::section:
  case Type::any:
  case Type::program:
  case Type::boolean: return {};
  case Type::yes:
    return text == "true" ? Flaw{} : Flaw{"only true means something here", "leave the key out"};
  case Type::text:
  case Type::word: return text.empty() && !key.empty_allowed ? Flaw{"the value is empty", {}} : Flaw{};
  case Type::line: return check_line(text);
  case Type::expression: return check_expression(text);
  case Type::name: return check_name(text);
  case Type::user: return check_user(text);
  case Type::path: return check_path(text);
  case Type::url: return check_url(text);
  case Type::address: return check_address(text);
  case Type::host_port: return check_host_port(text);
  case Type::integer: return within(key, text, parse_integer(text));
  case Type::decimal: return within(key, text, parse_decimal(text));
  case Type::size: return within(key, text, parse_size(text));
  case Type::duration: return within(key, text, parse_duration(text));
  case Type::share: return within(key, text, parse_share(text));
  case Type::count: return within(key, text, parse_count(text));
  case Type::mode: return within(key, text, parse_mode(text));
  case Type::signal: return flaw_of(parse_signal(text));
  case Type::capability: return check_capability(text);
  case Type::unit: return check_unit(text);
  case Type::choice: return check_choice(key, text);
  }
  return {};
}

Flaw check_map_name(NameRule rule, std::string_view name) {
  switch (rule) {
  case NameRule::name: return check_name(name);
  case NameRule::variable: return check_variable(name);
  case NameRule::parameter: return check_parameter(name);
  case NameRule::free: return {};
  }
  return {};
}

/// "limits.memory" for `memory` beside limits, where one section below has a key of that name.
std::string one_level_down(std::string_view word, const Section& section) {
  std::string found;
  for (const Key& key : section.keys) {
    if (key.type != Type::section || key.shape != Shape::one || key.section->find(word) == nullptr) continue;
    if (!found.empty()) return {};
    found = std::string(key.name) + "." + std::string(word);
  }
  return found;
}

std::string hint_for_unknown(std::string_view word, const Section& section) {
  if (const std::string below = one_level_down(word, section); !below.empty())
    return "did you mean \"" + below + "\"?";
  std::vector<std::string_view> known;
  for (const Key& key : section.keys)
    known.push_back(key.name);
  return did_you_mean(word, known);
}

class Checker {
public:
  explicit Checker(Report& report) : report_(report) {}

  // Recursion is bounded: no tree is deeper than parse.h's `deepest`.
  void section(const Node& map, const Section& section, const std::string& path) {
    for (const Entry& entry : map.entries) {
      if (const Key* known = section.find(entry.key))
        checked_entry(entry, *known, below(path, entry.key));
      else
        unknown(entry, section, path);
    }
    for (const Key& key : section.keys)
      if (key.required && map.find(key.name) == nullptr)
        report_.error(map.place, below(path, key.name), {in_quotes(key.name) + " is missing" + in(path), {}});
  }

private:
  static std::string in(const std::string& path) { return path.empty() ? "" : " in " + printable_path(path); }

  static std::string printable_path(const std::string& path) {
    const std::string text = in_quotes(path);
    return text.substr(1, text.size() - 2);
  }

  void unknown(const Entry& entry, const Section& section, const std::string& path) {
    report_.error(entry.place, below(path, entry.key),
                  {"unknown key " + in_quotes(entry.key) + in(path), hint_for_unknown(entry.key, section)});
  }

  void checked_entry(const Entry& entry, const Key& key, const std::string& path) {
    const std::size_t before = report_.errors();
    shaped(*entry.value, key, path);
    if (!key.supported && report_.errors() == before)
      report_.error(entry.place, path, {in_quotes(key.name) + " is not supported yet", {}});
  }

  void shaped(const Node& node, const Key& key, const std::string& path) {
    if (node.kind == Kind::broken) return;
    const std::size_t elements = std::max(node.items.size(), node.entries.size());
    if (key.shape != Shape::one && elements > key.longest)
      return report_.error(node.place, path, {"more than " + std::to_string(key.longest) + " of them", {}});
    switch (key.shape) {
    case Shape::one: return one(node, key, path);
    case Shape::list: return list(node, key, path);
    case Shape::map: return map(node, key, path);
    case Shape::map_or_names: return node.kind == Kind::list ? names(node, path) : map(node, key, path);
    }
  }

  void list(const Node& node, const Key& key, const std::string& path) {
    if (node.kind != Kind::list) return wrong(node, "a list", {}, path);
    for (std::size_t i = 0; i < node.items.size(); ++i)
      one(*node.items[i], key, path + "[" + std::to_string(i) + "]");
  }

  void map(const Node& node, const Key& key, const std::string& path) {
    if (node.kind != Kind::map)
      return wrong(node, key.shape == Shape::map ? "keys" : "a list of names", {}, path);
    for (const Entry& entry : node.entries) {
      if (const Flaw flaw = check_map_name(key.names, entry.key); !flaw.none())
        report_.error(entry.place, below(path, entry.key), flaw);
      one(*entry.value, key, below(path, entry.key));
    }
  }

  void names(const Node& node, const std::string& path) {
    static constexpr Key name = config::key("name", Type::name, {});
    for (std::size_t i = 0; i < node.items.size(); ++i)
      one(*node.items[i], name, path + "[" + std::to_string(i) + "]");
  }

  void one(const Node& node, const Key& key, const std::string& path) {
    if (node.kind == Kind::broken) return;
    if (!accepts(key.type, core_type(node)))
      return wrong(node, expected(key.type), type_hint(key.type, node), path);
    if (key.type == Type::section) return section(node, *key.section, path);
    if (key.type == Type::program) return program(node, path);
    if (const Flaw flaw = check_text(key, node.text); !flaw.none()) report_.error(node.place, path, flaw);
  }

  void program(const Node& node, const std::string& path) {
    if (node.kind == Kind::list) {
      static constexpr Key word = config::key("word", Type::word, {}).may_be_empty();
      const std::size_t before = report_.errors();
      list(node, word, path);
      if (report_.errors() != before) return;
    } else if (const Flaw flaw = flaw_of(split_words(node.text)); !flaw.none()) {
      return report_.error(node.place, path, flaw);
    }
    const auto words = words_of(node);
    const Node& first = node.items.empty() ? node : *node.items.front();
    if (const Flaw flaw = check_program(words); !flaw.none()) report_.error(first.place, path, flaw);
  }

  void wrong(const Node& node, std::string_view wanted, const std::string& hint, const std::string& path) {
    if (node.kind == Kind::broken) return;
    std::string found(described(core_type(node)));
    if (node.kind == Kind::scalar)
      found = core_type(node) == CoreType::text ? in_quotes(node.text) : found + " (" + node.text + ")";
    report_.error(node.place, path, {"expected " + std::string(wanted) + ", found " + found, hint});
  }

  Report& report_;
};

} // namespace

void check_section(const Node& map, const Section& section, const std::string& path, Report& report) {
  Checker(report).section(map, section, path);
}

std::vector<std::string> words_of(const Node& node) {
  if (node.kind == Kind::scalar) {
    auto words = split_words(node.text);
    auto* split = std::get_if<std::vector<std::string>>(&words);
    return split == nullptr ? std::vector<std::string>{} : std::move(*split);
  }
  std::vector<std::string> words;
  for (const NodePtr& item : node.items)
    words.push_back(item->text);
  return words;
}

} // namespace holdfast::config
