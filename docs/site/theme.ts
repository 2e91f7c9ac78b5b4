import { DefaultTheme, type NavigationElement, type ProjectReflection } from 'typedoc';

/** TypeDoc's own theme, with all pages in its menu to be seen at once, under headings. */
export class Theme extends DefaultTheme {
  override buildNavigation(project: ProjectReflection): NavigationElement[] {
    const elements = super.buildNavigation(project);
    return (project.groups ?? []).flatMap(({ title, children }) => {
      const paths = children.map((child) => this.router.getFullUrl(child));
      return [
        { text: title === 'Modules' ? 'Reference' : title },
        ...elements.filter(({ path = '' }) => paths.includes(path)),
      ];
    });
  }
}
